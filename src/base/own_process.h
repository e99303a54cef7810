// What a server asks of the kernel and of the allocator for its own process.
#pragma once

namespace quanji::base {

// A connection is a descriptor: the soft limit of 1 024 that most systems give is raised to what is allowed.
void allow_many_descriptors();

// Before the first thread. Large blocks (Argon2id takes 19 MiB) go back to the system when they are freed, and threads share two heaps.
void keep_memory_small();

// After the start. Most of the code that was read so far is needed at the start only: its pages are left to the page cache, and those
// that are needed again come from there one by one. Memory the start freed goes back to the system too.
void leave_what_the_start_needed();

}  // namespace quanji::base
