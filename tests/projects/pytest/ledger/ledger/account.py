"""An account: its balance, and what moved in a month."""

from .entries import Entry


class Account:
    """A list of entries with an overdraft limit, in cents."""

    def __init__(self, overdraft=0):
        self.overdraft = overdraft
        self.entries = []

    def book(self, day, cents, text=""):
        """Add an entry; an account never goes below its limit."""
        if self.balance() + cents <= -self.overdraft:
            raise ValueError(f"{text or 'entry'} of {cents} is refused")
        self.entries.append(Entry(day, cents, text))

    def balance(self):
        return sum(entry.cents for entry in self.entries)

    def spent(self, year, month):
        """What went out in a month, as a positive number."""
        return sum(
            entry.cents
            for entry in self.entries
            if entry.cents < 0 and (entry.day.year, entry.day.month) == (year, month)
        )
