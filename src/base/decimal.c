/* SPDX-License-Identifier: MIT */
/*
 * decimal - after Raffaello Giulietti, "The Schubfach way to render doubles" (2020).
 *
 * A double c * 2^q owns the interval of numbers that round to it.  The power of ten just below the
 * width of that interval has at least one multiple inside, and a ten times greater power at most
 * one; so it is enough to look at the neighbours of the double on those two grids.  Bounds are
 * compared as integers in quarters of a grid step, rounded such that what is not exact is odd.
 *
 * The powers of ten as 128-bit numbers are worked out at the first use, by long arithmetic.
 */
#include "base/decimal.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POWER_MIN   (-292) /* of ten, that any double asks for */
#define POWER_MAX   324
#define POWER_COUNT (POWER_MAX - POWER_MIN + 1)
#define WORDS       19 /* of 64 bits: room for 10^324, and for 2^1216 / 10^292 with 128 good bits */

__extension__ typedef unsigned __int128 wide_t;

/* ---- powers of ten: the upper 128 bits, rounded up ---- */

struct power {
    uint64_t high, low; /* the highest bit of `high` is set */
};

static struct power powers[POWER_COUNT];

/* The upper 128 bits of a number of WORDS words, the lowest first. */
static struct power upper_bits(const uint64_t *words, bool is_exact)
{
    size_t top = WORDS - 1;
    while (words[top] == 0)
        top--;
    assert(words[top] != 0);
    uint64_t part[3] = {words[top], top >= 1 ? words[top - 1] : 0,
                        top >= 2 ? words[top - 2] : 0};
    int shift = __builtin_clzll(part[0]);
    bool lost = !is_exact || (part[2] << shift) != 0;
    for (size_t i = 0; i + 3 <= top; i++)
        lost |= words[i] != 0;
    struct power power = {part[0], part[1]};
    if (shift > 0) {
        power.high = part[0] << shift | part[1] >> (64 - shift);
        power.low = part[1] << shift | part[2] >> (64 - shift);
    }
    if (lost && ++power.low == 0)
        power.high++;
    return power;
}

static void make_powers(void)
{
    uint64_t words[WORDS] = {1};
    for (int power = 0; power <= POWER_MAX; power++) {
        powers[power - POWER_MIN] = upper_bits(words, true);
        wide_t carry = 0;
        for (size_t i = 0; i < WORDS && power < POWER_MAX; i++) {
            carry += (wide_t)words[i] * 10;
            words[i] = (uint64_t)carry;
            carry >>= 64;
        }
        assert(carry == 0);
    }
    /* 2^1216 / 10^n, each cut off: cutting off again at the next n loses nothing. */
    memset(words, 0xff, sizeof(words));
    for (int power = -1; power >= POWER_MIN; power--) {
        wide_t rest = 0;
        for (size_t i = WORDS; i-- > 0;) {
            rest = rest << 64 | words[i];
            words[i] = (uint64_t)(rest / 10);
            rest %= 10;
        }
        powers[power - POWER_MIN] = upper_bits(words, false);
    }
}

static const struct power *power_of_ten(int power)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_powers);
    assert(power >= POWER_MIN && power <= POWER_MAX);
    return &powers[power - POWER_MIN];
}

/* floor(log2(10^n)), floor(log10(2^n)) and floor(log10(3/4 * 2^n)): exact where doubles are. */
static int log2_of_power_of_ten(int n)
{
    return (int)(((int64_t)n * 1741647) >> 19);
}

static int log10_of_power_of_two(int n, bool three_quarters)
{
    return (int)(((int64_t)n * 1262611 - (three_quarters ? 524031 : 0)) >> 22);
}

/* ---- the search ---- */

/* The upper 64 bits of the 192-bit product; odd when bits below are set. */
static uint64_t scale(const struct power *power, uint64_t value)
{
    wide_t lower = (wide_t)power->low * value;
    wide_t upper = (wide_t)power->high * value + (uint64_t)(lower >> 64);
    return (uint64_t)(upper >> 64) | ((uint64_t)upper > 1);
}

/* The double and the ends of its interval, in quarters of 10^k. */
struct interval {
    uint64_t lower, value, upper;
    int k;
};

static struct interval interval_of(double magnitude, bool *out_open)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof(bits));
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int field = (int)(bits >> 52);
    uint64_t c = field == 0 ? fraction : fraction | UINT64_C(1) << 52;
    int q = (field == 0 ? 1 : field) - 1075;
    bool narrow_below = fraction == 0 && field > 1; /* the next one down is half as far away */
    int k = log10_of_power_of_two(q, narrow_below);
    int shift = q + log2_of_power_of_ten(-k) + 1;
    const struct power *power = power_of_ten(-k);
    *out_open = c % 2 != 0;
    return (struct interval){scale(power, (4 * c - (narrow_below ? 1 : 2)) << shift),
                             scale(power, 4 * c << shift), scale(power, (4 * c + 2) << shift),
                             k};
}

static struct decimal search(double magnitude)
{
    bool open; /* the ends round to another double */
    struct interval in = interval_of(magnitude, &open);
    uint64_t lower = in.lower + open, upper = in.upper - open;
    uint64_t s = in.value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){tens + above, in.k + 1};
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, in.k};
    uint64_t middle = 4 * s + 2;
    bool round_up = in.value > middle || (in.value == middle && s % 2 != 0);
    return (struct decimal){s + round_up, in.k};
}

struct decimal decimal_of(double magnitude)
{
    struct decimal found = search(magnitude);
    if (found.digits % 10 != 0)
        return found;
    static const struct {
        uint64_t power;
        int zeros;
    } cuts[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        /* 16 zeros and more are cut off in two goes. */
        while (found.digits % cuts[i].power == 0) {
            found.digits /= cuts[i].power;
            found.exponent += cuts[i].zeros;
        }
    }
    return found;
}

/* ---- writing ---- */

static size_t places_of(uint64_t value)
{
    static const uint64_t limits[] = {
        1,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000u,
    };
    value |= 1; /* 0 has a place too */
    unsigned bits = 64 - (unsigned)__builtin_clzll(value);
    unsigned sure = bits * 1233 >> 12; /* of log10(2): at most one too few */
    return sure + (value >= limits[sure]);
}

int decimal_places(const struct decimal *decimal)
{
    return (int)places_of(decimal->digits);
}

/* Two digits at a time, from the end. */
static void put_digits(uint64_t value, size_t places, char *out)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    for (; places >= 2; places -= 2) {
        memcpy(out + places - 2, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (places == 1)
        *out = (char)('0' + value);
}

size_t decimal_write_u64(uint64_t value, char *out)
{
    size_t places = places_of(value);
    put_digits(value, places, out);
    return places;
}

size_t decimal_write_plain(const struct decimal *decimal, char *out)
{
    size_t places = places_of(decimal->digits);
    int point = (int)places + decimal->exponent; /* digits before it */
    if (decimal->exponent >= 0) {
        put_digits(decimal->digits, places, out);
        memset(out + places, '0', (size_t)decimal->exponent);
        return (size_t)point;
    }
    if (point <= 0) {
        size_t zeros = (size_t)-point;
        memcpy(out, "0.", 2);
        memset(out + 2, '0', zeros);
        put_digits(decimal->digits, places, out + 2 + zeros);
        return 2 + zeros + places;
    }
    put_digits(decimal->digits, places, out);
    memmove(out + point + 1, out + point, places - (size_t)point);
    out[point] = '.';
    return places + 1;
}

size_t decimal_write_exponent(const struct decimal *decimal, char *out)
{
    size_t places = places_of(decimal->digits), len = places;
    int exponent = (int)places - 1 + decimal->exponent;
    unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);
    put_digits(decimal->digits, places, out);
    if (places > 1) {
        memmove(out + 2, out + 1, places - 1);
        out[1] = '.';
        len++;
    }
    out[len++] = 'e';
    out[len++] = exponent < 0 ? '-' : '+';
    size_t exponent_places = magnitude < 100 ? 2 : 3;
    put_digits(magnitude, exponent_places, out + len);
    return len + exponent_places;
}
