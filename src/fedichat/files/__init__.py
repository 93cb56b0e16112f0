"""Files of ours on this machine: who may read or change them, and which process uses them."""
