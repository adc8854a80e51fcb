"""What code does to what it is given: knowledge only, knows no scheduler."""
