"""What an execution did, as data: nothing in here knows the scheduler."""
