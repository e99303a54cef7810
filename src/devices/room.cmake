# HTTP is spoken by libcurl (OpenSSL flavour); its headers stand in http_client.cpp and http_address.cpp alone.
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::curl)
