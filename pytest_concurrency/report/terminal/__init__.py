"""What a session says about itself in the terminal."""
