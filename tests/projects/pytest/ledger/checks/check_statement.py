import unittest
from datetime import date

from ledger.account import Account
from ledger.statement import euros, lines


class Statement(unittest.TestCase):
    def test_euros(self):
        for cents, text in ((0, "0.00"), (5, "0.05"), (-1234, "-12.34")):
            with self.subTest(cents=cents):
                self.assertEqual(euros(cents), text)

    def test_lines_are_in_order(self):
        account = Account()
        account.book(date(2024, 6, 2), 500, "later")
        account.book(date(2024, 6, 1), 250, "earlier")
        self.assertEqual([line.split() for line in lines(account)], [
            ["01.06.", "earlier", "2.50", "2.50"],
            ["02.06.", "later", "5.00", "7.50"],
        ])
