"""``python -m aion_r`` is ``aion-r``."""

from .api.cli import main

if __name__ == "__main__":
    main()
