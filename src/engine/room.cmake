# CPython is Debian's, by full path; only this room includes its headers. libseccomp is seen by confine.cpp alone.
if(NOT TARGET Python3::Python)
  message(FATAL_ERROR "engine needs libpython3-dev (Python 3.11 of the distribution, /usr/bin/python3)")
endif()
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE Python3::Python PkgConfig::seccomp)
