# minizip and libxml2 read workbooks, libxlsxwriter writes them; zlib is minizip's own floor. Their headers stand in zip_archive.h,
# zip_copy.cpp, xml_events.cpp and the xlsx_write files alone.
pkg_check_modules(minizip REQUIRED IMPORTED_TARGET minizip)
pkg_check_modules(libxml REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(xlsxwriter REQUIRED IMPORTED_TARGET xlsxwriter)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::minizip PkgConfig::libxml PkgConfig::xlsxwriter)
