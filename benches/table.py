"""The table: one comparison a line, with the bar that its ratio has to hold."""

import collections
import statistics

Line = collections.namedtuple("Line", "text holds")

HEAD = f"""\
| {"what":50} | {"cachex: median (quartiles)":>28} | {"beside":18} | {"median (quartiles)":>28} | ratio | bar  |  |
|{"-" * 52}|{"-" * 29}:|{"-" * 20}|{"-" * 29}:|------:|-----:|--|"""


def compared(what, ours, beside, theirs, bar):
    """The ratio of two medians."""
    ratio = statistics.median(ours) / statistics.median(theirs)
    return line(what, quartiles(ours), beside, quartiles(theirs), ratio, bar)


def slowest_compared(what, ours, beside, theirs, bar):
    """The ratio of what 95 calls of 100 stay below."""
    ratio = percentile_95(ours) / percentile_95(theirs)
    return line(what, tail(ours), beside, tail(theirs), ratio, bar)


def counted(what, count, unit, details, bar):
    """A number that is no time, with a bar of its own."""
    return line(what, f"{count:g} {unit}", details, "", count, bar)


def failed(what, why):
    """A comparison that could not be made is no bar that holds."""
    why = " ".join(str(why).split()).replace("|", "/")
    return Line(f"| {what:50} | {why} | | | | | **failed** |", False)


def line(what, ours, beside, theirs, number, bar):
    holds = bar is None or round(number, 2) <= bar
    verdict = "" if bar is None else "holds" if holds else "**missed**"
    text = f"| {what:50} | {ours:>28} | {beside:18} | {theirs:>28} | {number:5.2f} | {'–' if bar is None else bar:>4} | {verdict} |"
    return Line(text, holds)


def quartiles(times):
    low, middle, high = (milliseconds(part) for part in statistics.quantiles(times, n=4, method="inclusive"))
    return f"{middle} ms ({low}–{high})"


def tail(times):
    return f"{milliseconds(statistics.median(times))} ms, 95 %: {milliseconds(percentile_95(times))}"


def percentile_95(times):
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def milliseconds(seconds):
    return f"{1000 * seconds:.2f}"
