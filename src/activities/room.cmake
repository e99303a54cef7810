# RE2 by name: its pkg-config file says -pthread, which the precompiled header of base was not made with.
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE re2)
# The server that tests of http talk to.
set_source_files_properties(${QUANJI_ROOM_DIR}/examples_test.cpp ${QUANJI_ROOM_DIR}/http/http_test.cpp PROPERTIES
  COMPILE_DEFINITIONS QUANJI_HTTP_TEST_SERVER="${QUANJI_ROOM_DIR}/http/testing_server.py")
