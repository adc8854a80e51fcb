"""Which orders of the operations of an execution differ: what partial order reduction rests on."""
