"""correlate - how alike two recordings are when one is late.

For far ends whose recording has passed a jitter buffer or a resampler:
blocks of the prompt are searched in the recording; each must be found, in
order, and the normalised correlation tells how well.

SPDX-License-Identifier: MIT
"""
from operator import mul


def dot(a, b):
    return sum(map(mul, a, b))


def best_lag(needle, hay, first, last):
    """(lag, correlation -1..1) of the best place for needle in hay."""
    size = len(needle)
    power = dot(needle, needle)
    last = min(last, len(hay) - size)
    best = (first, 0.0)
    if power == 0 or last < first:
        return best
    window = dot(hay[first:first + size], hay[first:first + size])
    for lag in range(first, last + 1):
        part = hay[lag:lag + size]
        if window > 0:
            found = dot(needle, part) / (power * window) ** 0.5
            if found > best[1]:
                best = (lag, found)
        if lag < last:
            window += hay[lag + size] ** 2 - hay[lag] ** 2
    return best


def is_loud(block, level=900):
    """Speech, and not the noise between words."""
    return dot(block, block) > len(block) * level * level


def match(prompt, heard, block=800, reach=1600):
    """Compares block by block; returns (worst, mean, lags).

    The first loud block is looked for everywhere, each later one near the
    place where the one before it was found.
    """
    scores, lags = [], []
    shift = None
    for start in range(0, len(prompt) - block + 1, block):
        part = list(prompt[start:start + block])
        if not is_loud(part):
            continue
        if shift is None:
            first, last = 0, len(heard) - block
        else:
            first = max(0, start + shift - reach)
            last = start + shift + reach
        lag, score = best_lag(part, heard, first, last)
        if shift is None or score > 0.8:
            shift = lag - start
        scores.append(score)
        lags.append(lag - start)
    if not scores:
        return 0.0, 0.0, []
    return min(scores), sum(scores) / len(scores), lags


def decimate(samples, factor):
    """To a lower rate by averaging; good enough to compare voices."""
    return [sum(samples[i:i + factor]) // factor
            for i in range(0, len(samples) - factor + 1, factor)]
