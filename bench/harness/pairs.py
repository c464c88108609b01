# SPDX-License-Identifier: Apache-2.0
"""Medians with an interval that supposes nothing about how figures are distributed.

The interval of the median is that of the sign test: two of the sorted values, chosen so that the median lies between
them with a probability of at least 95 %. That takes six values; fewer give their range. Ratios are made within a pair,
two runs one after the other, so that what drifts on the machine falls on both.
"""
import math
import statistics

CONFIDENCE = 0.95


def interval(values):
    ordered = sorted(values)
    count = len(ordered)
    rank = 0
    outside = 0.0
    while rank < count // 2:
        outside += 2 * math.comb(count, rank) / 2 ** count
        if 1 - outside < CONFIDENCE:
            break
        rank += 1
    rank = max(rank, 1)
    return ordered[rank - 1], ordered[count - rank]


def summary(values):
    """(median, low, high)"""
    return (statistics.median(values), *interval(values))


def percentile(ordered, part):
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
