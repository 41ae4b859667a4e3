import unittest
from datetime import date

from ledger.account import Account

MAY, JUNE = date(2024, 5, 30), date(2024, 6, 1)


class AccountCase(unittest.TestCase):
    def setUp(self):
        self.account = Account(overdraft=50_000)
        self.account.book(MAY, 100_000, "salary")

    def test_balance(self):
        self.account.book(JUNE, -30_000, "rent")
        self.assertEqual(self.account.balance(), 70_000)

    def test_limit_can_be_used(self):
        self.account.book(JUNE, -150_000, "car")
        self.assertEqual(self.account.balance(), -50_000)

    def test_limit_holds(self):
        with self.assertRaises(ValueError):
            self.account.book(JUNE, -160_000, "boat")

    def test_spent_is_by_month(self):
        self.account.book(MAY, -2_000)
        self.account.book(JUNE, -300)
        self.assertEqual([abs(self.account.spent(2024, month)) for month in (5, 6, 7)], [2_000, 300, 0])

    @unittest.skip("interest is not decided yet")
    def test_interest(self):
        self.fail()


class NothingBooked(unittest.TestCase):
    def test_balance(self):
        self.assertEqual(Account().balance(), 0)

    def test_spent(self):
        self.assertEqual(Account().spent(2024, 5), 0)
