"""Limits that more than one room keeps; each says why that number.

A limit of one room stands in that room. First the limits of specifications, then ours.
"""

# ---- of a specification
KIND_MAX = 65_535  # NIP-01: kinds are 16 bit
HEX32_CHARS = 64  # NIP-01: ids and keys
HEX64_CHARS = 128  # NIP-01: signatures
SUB_ID_CHARS_MAX = 64  # NIP-01: longest subscription id
BLOCK_BYTES = 16 * 1024  # BEP 3 / BEP 52: the block, and the leaf of a merkle root

# ---- ours
RECORD_BYTES_MAX = 128 * 1024  # most relays take 64-128 kB; a larger one would not travel
MESSAGE_BYTES_MAX = RECORD_BYTES_MAX + 1024  # a record, its envelope and a subscription id
SYNC_FRAME_BYTES_MAX = 500_000  # measured: NIP-77 frames of 500 kB sync 1 M records in 2 rounds
TAGS_MAX = 2_500  # a listing part of 60 kB has at most about 2,000 file tags
TAG_ITEMS_MAX = 32  # no kind we read has more than 8
FILTERS_MAX = 20  # one subscription; NIP-11 max_filters of common relays is 10-20
FILTER_VALUES_MAX = 2_000  # follow lists of people with 2,000 follows are real
FILTER_LIMIT_MAX = 500  # one page; more is asked for with `until` (NIP-67)
SEARCH_CHARS_MAX = 256  # a person types less; longer costs the index time
CREATED_AT_AHEAD_SECONDS_MAX = 48 * 3600  # SAFETY F7: clocks wrong by two days lose nothing
LISTING_RECORD_BYTES_MAX = 60_000  # below the 64 kB that the strictest common relays take
LISTING_ADDRESSES_MAX = 8  # addresses a listing may name; more would make it an amplifier
HUBS_DIALLED_MAX = 24  # links one peer keeps open to hubs: covering set of 8 shards x 2, and spare

KEPT_NEWS_SECONDS = 86_400 * 2  # how old a record may be and still be news: clocks differ (F7)
KEPT_TOLD_MAX = 10_000  # finds of one kept search remembered over restarts, about 0.4 MB

STRANGER_MESSAGES_MAX = 20  # of one stranger before they are answered: enough to say who one is
REQUESTS_MAX = 200  # conversations of strangers; the one silent longest goes for a new one
WRAPS_KEPT_SECONDS = 40 * 86_400  # ids of wraps taken in: longer than hubs are asked back for
WRAPS_KEPT_MAX = 200_000  # ids of wraps, about 10 MB
NOTICES_MAX = 500  # more than anyone scrolls
NOTICE_THINGS_MAX = 500  # things of one person and day that are told apart
