"""What an execution leaves behind: threads, locks that are held, exceptions nobody asks for."""
