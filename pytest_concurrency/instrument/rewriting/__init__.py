"""From a module's tree to the tree that calls the helpers."""
