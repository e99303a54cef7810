# Botan: digests and ciphers; its headers stand in crypto/ and in file/file_read.cpp alone.
pkg_check_modules(botan REQUIRED IMPORTED_TARGET botan-2)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::botan)
