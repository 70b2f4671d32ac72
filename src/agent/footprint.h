/* SPDX-License-Identifier: MIT */
/*
 * footprint - gives memory back that only the start, or a handshake, needed.
 *
 * An agent does the same few things every second, but has read a configuration, linked a dozen
 * libraries and verified certificates before it came to that.
 */
#pragma once

/* Free pages of the heap go back to the system, and pages of code and constants out of this
 * process; what is used again comes from the page cache.  Costs about 0.1 ms in page faults. */
void footprint_shrink(void);
