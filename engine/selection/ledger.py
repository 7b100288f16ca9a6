"""The quota ledger's arithmetic: places of accounts, booked, released, transferred, never lost; keeps no history."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from engine.refusals import Refused


@dataclass(frozen=True)
class Balance:
    """One account (a channel's 名额): whole people, `0 <= booked <= places`."""

    account: str
    places: int
    booked: int = 0

    @property
    def left(self) -> int:
        return self.places - self.booked

    def as_json(self) -> dict[str, object]:
        return {"account": self.account, "places": self.places, "booked": self.booked, "left": self.left}


def book(balance: Balance, places: int) -> Balance:
    """Raises Refused `quota.exceeded` when fewer than `places` are left."""
    _positive(balance.account, places)
    if places > balance.left:
        raise Refused("quota.exceeded", channel=balance.account, quota=balance.places, booked=balance.booked, left=balance.left, asked=places)
    return replace(balance, booked=balance.booked + places)


def release(balance: Balance, places: int) -> Balance:
    """Raises Refused `quota.not_booked` when fewer than `places` are booked."""
    _positive(balance.account, places)
    if places > balance.booked:
        raise Refused("quota.not_booked", channel=balance.account, booked=balance.booked, asked=places)
    return replace(balance, booked=balance.booked - places)


def transfer(source: Balance, target: Balance, places: int) -> tuple[Balance, Balance]:
    """名额调剂: only places that are not booked can go. Raises Refused `quota.nothing_left`, `quota.same_account`."""
    _positive(source.account, places)
    if source.account == target.account:
        raise Refused("quota.same_account", channel=source.account)
    if places > source.left:
        raise Refused("quota.nothing_left", channel=source.account, left=source.left, asked=places)
    return replace(source, places=source.places - places), replace(target, places=target.places + places)


def _positive(account: str, places: int) -> None:
    if places < 1:
        raise Refused("quota.not_positive", channel=account, asked=places)


def opened(accounts: Iterable[tuple[str, int]], total: int) -> tuple[Balance, ...]:
    """The accounts of a new ledger. Raises Refused: an account twice, a negative number, a sum that is not `total`."""
    balances = tuple(Balance(account, places) for account, places in accounts)
    names = [balance.account for balance in balances]
    for name in names:
        if names.count(name) > 1:
            raise Refused("quota.account_twice", channel=name)
    for balance in balances:
        if balance.places < 0:
            raise Refused("quota.not_positive", channel=balance.account, asked=balance.places)
    found = sum(balance.places for balance in balances)
    if found != total:
        raise Refused("quota.sum", found=found, total=total)
    return balances


@dataclass(frozen=True)
class Ledger:
    """All accounts of one campaign; the sum of places never changes after opening."""

    accounts: Mapping[str, Balance] = field(default_factory=dict)

    @classmethod
    def open(cls, accounts: Iterable[tuple[str, int]], total: int) -> Ledger:
        return cls({balance.account: balance for balance in opened(accounts, total)})

    @property
    def places(self) -> int:
        return sum(balance.places for balance in self.accounts.values())

    @property
    def booked(self) -> int:
        return sum(balance.booked for balance in self.accounts.values())

    def account(self, account: str) -> Balance:
        if account not in self.accounts:
            raise Refused("quota.unknown_account", channel=account)
        return self.accounts[account]

    def book(self, account: str, places: int) -> Ledger:
        return self._with(book(self.account(account), places))

    def release(self, account: str, places: int) -> Ledger:
        return self._with(release(self.account(account), places))

    def transfer(self, source: str, target: str, places: int) -> Ledger:
        return self._with(*transfer(self.account(source), self.account(target), places))

    def _with(self, *changed: Balance) -> Ledger:
        return Ledger({**self.accounts, **{balance.account: balance for balance in changed}})
