"""A statement in words."""


def euros(cents):
    """``-1234`` is ``-12.34``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def lines(account):
    """One line for each entry, with the balance after it."""
    balance, found = 0, []
    for entry in sorted(account.entries, key=lambda entry: entry.day):
        balance += entry.cents
        found.append(f"{entry.day:%d.%m.} {entry.text:<10}{euros(entry.cents):>9}{euros(balance):>9}")
    return found
