# RE2 by name: its pkg-config file says -pthread, which the precompiled header of base was not made with.
# libxml2 reads XML; its headers stand in xml/xml_tree.cpp alone.
pkg_check_modules(libxml REQUIRED IMPORTED_TARGET libxml-2.0)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE re2 PkgConfig::libxml)
# The server that tests of http talk to.
set_source_files_properties(${QUANJI_ROOM_DIR}/examples_test.cpp ${QUANJI_ROOM_DIR}/http/http_test.cpp PROPERTIES
  COMPILE_DEFINITIONS QUANJI_HTTP_TEST_SERVER="${QUANJI_ROOM_DIR}/http/testing_server.py")
