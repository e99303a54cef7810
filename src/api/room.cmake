# The console as built by `./do build` becomes part of the program; a build tree without it serves the API alone.
set(QUANJI_CONSOLE_DIST ${CMAKE_SOURCE_DIR}/console/dist CACHE PATH "the built console")
set(console_made ${CMAKE_BINARY_DIR}/generated/console)
file(GLOB_RECURSE console_files CONFIGURE_DEPENDS ${QUANJI_CONSOLE_DIST}/*)
add_custom_command(OUTPUT ${console_made}/console_assets.S ${console_made}/console_assets.cpp
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/embed_console ${QUANJI_CONSOLE_DIST} ${console_made}
  DEPENDS ${CMAKE_SOURCE_DIR}/tools/embed_console ${console_files} COMMENT "console into the program" VERBATIM)
target_sources(${QUANJI_ROOM_TARGET} PRIVATE ${console_made}/console_assets.S ${console_made}/console_assets.cpp)
# Tests fill up the disk under the store, and run the kinds of operation on both databases.
if(QUANJI_TESTS)
  set(QUANJI_ROOM_TEST_LIBRARIES quanji_storage_conformance)
endif()
