def add(a, b):
    return a - b


def halve(n):
    return n / 2
