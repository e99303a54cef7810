# HTTP is spoken by libcurl (OpenSSL flavour); its headers stand in http_client.cpp and http_address.cpp alone.
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::curl)
# Pictures are read and written by libpng and TurboJPEG; their headers stand in picture_png.cpp and picture_jpg.cpp alone.
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::png PkgConfig::turbojpeg)
