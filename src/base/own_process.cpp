#include "base/own_process.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <span>

namespace quanji::base {

void allow_many_descriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

void keep_memory_small() {
  ::mallopt(M_MMAP_THRESHOLD, 256 << 10);
  ::mallopt(M_ARENA_MAX, 2);
  // Setting any of these ends glibc's own adjusting: without a word here the heap's end would be given back and asked for again all day.
  ::mallopt(M_TRIM_THRESHOLD, 4 << 20);
  ::mallopt(M_TOP_PAD, 1 << 20);
}

void leave_what_the_start_needed() {
  // Only segments of code, which are never written: of them nothing is lost but the mapping.
  ::dl_iterate_phdr(
      [](dl_phdr_info* library, std::size_t, void*) {
        const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
        for (const auto& part : std::span(library->dlpi_phdr, library->dlpi_phnum)) {
          if (part.p_type != PT_LOAD || !(part.p_flags & PF_X) || (part.p_flags & PF_W)) continue;
          const auto begin = (library->dlpi_addr + part.p_vaddr + page - 1) / page * page;
          const auto end = (library->dlpi_addr + part.p_vaddr + part.p_filesz) / page * page;
          if (end > begin) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
        }
        return 0;
      },
      nullptr);
  ::malloc_trim(0);
}

}  // namespace quanji::base
