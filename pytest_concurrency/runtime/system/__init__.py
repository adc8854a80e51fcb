"""What the interpreter and the operating system give; knows no scheduler."""
