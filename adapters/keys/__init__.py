"""Keys: a data key per subject wrapped by the place's key, keyed digests, the signature of checkpoints; stores nothing but the key file."""
from adapters.keys.place_keys import KeyFolder

__all__ = ["KeyFolder"]
