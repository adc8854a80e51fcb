"""What starting and telling costs on this machine."""
