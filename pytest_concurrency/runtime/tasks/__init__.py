"""The parties of an execution, what they are told, and what is told of them."""
