"""What the user asks for: options, markers, and what their values may be."""
