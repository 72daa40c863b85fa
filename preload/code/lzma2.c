/* lzma2.c - unpacks LZMA2; see lzma2.h. Each bit is decoded with how probable it is where it
 * stands. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/lzma2.h"

#include <string.h>

#define STATES         12 /* of what was decoded last: below 7, the very last is a literal */
#define POSITIONS      16
#define LITERAL        0x300
#define LITERAL_TABLES 16
#define EVEN           1024 /* as probable as not */
#define SHORTEST       2    /* bytes that a match has */

typedef uint16_t probability; /* of 0, of 2048 */

struct lengths {
    probability choice[2];
    probability low[POSITIONS][8], middle[POSITIONS][8], high[256];
};

struct decoder {
    struct lzma2_input packed; /* of this chunk */
    struct lzma2_output *output;
    size_t start; /* of what matches may lie in, in the output */
    bool damaged;
    uint32_t range, code;
    unsigned state, literal_context, literal_position, position;
    uint32_t distance[4]; /* less 1, of the last matches, the latest first */
    struct probabilities {
        probability match[STATES][POSITIONS], again[STATES], older[3][STATES];
        probability longer[STATES][POSITIONS];
        probability slot[4][64], special[115], align[16];
        struct lengths lengths, lengths_again;
        probability literal[LITERAL_TABLES][LITERAL];
    } of;
};

_Static_assert(sizeof(struct decoder) <= LZMA2_WORK_SIZE, "the decoder has room");

static uint8_t next_byte(struct decoder *decoder)
{
    if (decoder->packed.next < decoder->packed.end)
        return *decoder->packed.next++;
    decoder->damaged = true;
    return 0;
}

static void narrow(struct decoder *decoder)
{
    if (decoder->range < UINT32_C(1) << 24) {
        decoder->range <<= 8;
        decoder->code = decoder->code << 8 | next_byte(decoder);
    }
}

static unsigned bit(struct decoder *decoder, probability *of)
{
    narrow(decoder);
    const uint32_t bound = (decoder->range >> 11) * *of;
    if (decoder->code < bound) {
        decoder->range = bound;
        *of += (2048 - *of) >> 5;
        return 0;
    }
    decoder->range -= bound;
    decoder->code -= bound;
    *of -= *of >> 5;
    return 1;
}

/* BITS bits, each as probable as not. */
static uint32_t even_bits(struct decoder *decoder, unsigned bits)
{
    uint32_t value = 0;
    while (bits-- > 0) {
        narrow(decoder);
        decoder->range >>= 1;
        const bool set = decoder->code >= decoder->range;
        decoder->code -= set ? decoder->range : 0;
        value = value << 1 | set;
    }
    return value;
}

static uint32_t bits_of(struct decoder *decoder, probability *tree, unsigned bits)
{
    uint32_t symbol = 1;
    for (unsigned i = 0; i < bits; i++)
        symbol = symbol << 1 | bit(decoder, &tree[symbol]);
    return symbol - (UINT32_C(1) << bits);
}

/* The same, the lowest first; TREE[FIRST + 1] is the first one's. */
static uint32_t bits_from_lowest(struct decoder *decoder, probability *tree, int first,
                                 unsigned bits)
{
    uint32_t symbol = 1, value = 0;
    for (unsigned i = 0; i < bits; i++) {
        const uint32_t one = bit(decoder, &tree[first + (int)symbol]);
        symbol = symbol << 1 | one;
        value |= one << i;
    }
    return value;
}

static size_t position(const struct decoder *decoder)
{
    return decoder->output->used - decoder->start;
}

static void put(struct decoder *decoder, uint8_t byte)
{
    decoder->output->bytes[decoder->output->used++] = byte;
}

/* What is BACK + 1 bytes before; 0 before the beginning. */
static uint8_t before(const struct decoder *decoder, uint32_t back)
{
    return back < position(decoder) ? decoder->output->bytes[decoder->output->used - back - 1] : 0;
}

static void decode_literal(struct decoder *decoder)
{
    const unsigned low = position(decoder) & ((1u << decoder->literal_position) - 1);
    const unsigned high = before(decoder, 0) >> (8 - decoder->literal_context);
    probability *tree = decoder->of.literal[(low << decoder->literal_context) + high];
    unsigned symbol = 1, offset = decoder->state < 7 ? 0 : 0x100;
    unsigned like = before(decoder, decoder->distance[0]);
    while (symbol < 0x100) {
        /* As long as it goes on like what a match would have, what that has tells, too. */
        like <<= 1;
        const unsigned expected = like & offset;
        const unsigned one = bit(decoder, &tree[offset + expected + symbol]);
        symbol = symbol << 1 | one;
        offset &= one ? expected : ~expected;
    }
    put(decoder, (uint8_t)symbol);
    decoder->state -= decoder->state < 4 ? decoder->state : decoder->state < 10 ? 3 : 6;
}

static uint32_t decode_length(struct decoder *decoder, struct lengths *lengths, unsigned at)
{
    if (!bit(decoder, &lengths->choice[0]))
        return SHORTEST + bits_of(decoder, lengths->low[at], 3);
    if (!bit(decoder, &lengths->choice[1]))
        return SHORTEST + 8 + bits_of(decoder, lengths->middle[at], 3);
    return SHORTEST + 16 + bits_of(decoder, lengths->high, 8);
}

static uint32_t decode_distance(struct decoder *decoder, uint32_t length)
{
    const unsigned tree = length - SHORTEST < 3 ? length - SHORTEST : 3;
    const uint32_t slot = bits_of(decoder, decoder->of.slot[tree], 6);
    const unsigned bits = (slot >> 1) - 1;
    if (slot < 4)
        return slot;
    uint32_t distance = 2 | (slot & 1);
    if (slot < 14) {
        distance <<= bits;
        return distance +
               bits_from_lowest(decoder, decoder->of.special, (int)distance - (int)slot - 1, bits);
    }
    distance = distance << (bits - 4) | even_bits(decoder, bits - 4);
    return distance << 4 | bits_from_lowest(decoder, decoder->of.align, 0, 4);
}

/* The distance of one of the last four matches becomes the latest. */
static void use_older(struct decoder *decoder)
{
    unsigned which = 1;
    while (which < 3 && bit(decoder, &decoder->of.older[which][decoder->state]))
        which++;
    const uint32_t distance = decoder->distance[which];
    for (; which > 0; which--)
        decoder->distance[which] = decoder->distance[which - 1];
    decoder->distance[0] = distance;
}

static void copy(struct decoder *decoder, uint32_t length)
{
    decoder->damaged |= decoder->distance[0] >= position(decoder) ||
                        length > decoder->output->room - decoder->output->used;
    for (; !decoder->damaged && length > 0; length--)
        put(decoder, before(decoder, decoder->distance[0]));
}

static void decode_match(struct decoder *decoder, unsigned at)
{
    memmove(&decoder->distance[1], &decoder->distance[0], 3 * sizeof(decoder->distance[0]));
    const uint32_t length = decode_length(decoder, &decoder->of.lengths, at);
    decoder->distance[0] = decode_distance(decoder, length);
    decoder->state = decoder->state < 7 ? 7 : 10;
    copy(decoder, length);
}

static void decode_match_again(struct decoder *decoder, unsigned at)
{
    const unsigned state = decoder->state;
    if (bit(decoder, &decoder->of.older[0][state])) {
        use_older(decoder);
    } else if (!bit(decoder, &decoder->of.longer[state][at])) {
        decoder->state = state < 7 ? 9 : 11;
        copy(decoder, 1);
        return;
    }
    decoder->state = state < 7 ? 8 : 11;
    copy(decoder, decode_length(decoder, &decoder->of.lengths_again, at));
}

static void decode_next(struct decoder *decoder)
{
    const unsigned at = position(decoder) & ((1u << decoder->position) - 1);
    if (!bit(decoder, &decoder->of.match[decoder->state][at]))
        decode_literal(decoder);
    else if (!bit(decoder, &decoder->of.again[decoder->state]))
        decode_match(decoder, at);
    else
        decode_match_again(decoder, at);
}

static void reset(struct decoder *decoder)
{
    probability *of = (probability *)&decoder->of;
    for (size_t i = 0; i < sizeof(decoder->of) / sizeof(*of); i++)
        of[i] = EVEN;
    memset(decoder->distance, 0, sizeof(decoder->distance));
    decoder->state = 0;
}

static void set_properties(struct decoder *decoder, unsigned byte)
{
    decoder->literal_context = byte % 9;
    decoder->literal_position = byte / 9 % 5;
    decoder->position = byte / 45;
    decoder->damaged |= byte >= 225 || decoder->literal_context + decoder->literal_position > 4;
}

static unsigned next_two(struct decoder *decoder)
{
    const unsigned high = next_byte(decoder);
    return high << 8 | next_byte(decoder);
}

/* The bytes that this chunk is packed in are all that may be read of INPUT. */
static void begin_chunk(struct decoder *decoder, struct lzma2_input *input, size_t size)
{
    const size_t left = (size_t)(decoder->packed.end - decoder->packed.next);
    decoder->damaged |= size > left;
    input->next = decoder->damaged ? input->end : decoder->packed.next + size;
    decoder->packed.end = input->next;
}

static void copy_chunk(struct decoder *decoder, struct lzma2_input *input)
{
    const size_t size = (size_t)next_two(decoder) + 1;
    begin_chunk(decoder, input, size);
    decoder->damaged |= size > decoder->output->room - decoder->output->used;
    for (size_t i = 0; i < size && !decoder->damaged; i++)
        put(decoder, next_byte(decoder));
}

static void unpack_chunk(struct decoder *decoder, struct lzma2_input *input, unsigned control)
{
    struct lzma2_output *output = decoder->output;
    const size_t room = output->room;
    const size_t size = ((control & 0x1fu) << 16) + next_two(decoder) + 1;
    const size_t packed = (size_t)next_two(decoder) + 1;
    if (control >= 0xc0)
        set_properties(decoder, next_byte(decoder));
    if (control >= 0xa0)
        reset(decoder);
    begin_chunk(decoder, input, packed);
    decoder->damaged |= size > room - output->used || next_byte(decoder) != 0;
    decoder->range = UINT32_MAX;
    decoder->code = next_two(decoder) << 16;
    decoder->code |= next_two(decoder);
    if (!decoder->damaged)
        output->room = output->used + size;
    while (!decoder->damaged && output->used < output->room)
        decode_next(decoder);
    output->room = room;
}

bool lzma2_unpack(struct lzma2_input *input, struct lzma2_output *output, void *work)
{
    struct decoder *decoder = work;
    memset(decoder, 0, sizeof(*decoder));
    decoder->output = output;
    decoder->start = output->used;
    reset(decoder);
    for (;;) {
        decoder->packed = *input;
        const unsigned control = next_byte(decoder);
        if (control == 0 || decoder->damaged)
            break;
        if (control == 1 || control >= 0xe0)
            decoder->start = output->used;
        if (control >= 0x80)
            unpack_chunk(decoder, input, control);
        else if (control <= 2)
            copy_chunk(decoder, input);
        else
            return false;
    }
    input->next = decoder->packed.next;
    return !decoder->damaged;
}
