pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
# zlib: the checksum zip archives carry, taken with the digests of a blob.
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE PkgConfig::sqlite3 PkgConfig::zlib ${CMAKE_DL_LIBS})
# Its header only: libpq.cpp loads the library when a PostgreSQL is asked for.
target_include_directories(${QUANJI_ROOM_TARGET} PRIVATE ${libpq_INCLUDE_DIRS})

# Named queries and migrations become C++ in the build directory: "storage/queries.h".
set(storage_made ${CMAKE_BINARY_DIR}/generated/storage)
function(quanji_sql_queries namespace header source)
  add_custom_command(OUTPUT ${header} ${source}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/src/storage/queries.py queries ${namespace} ${header} ${source} ${ARGN}
    DEPENDS ${CMAKE_SOURCE_DIR}/src/storage/queries.py ${ARGN} COMMENT "queries of ${namespace}" VERBATIM)
endfunction()
function(quanji_sql_migrations namespace source folder)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${folder}/*.sql)
  add_custom_command(OUTPUT ${source}
    COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/src/storage/queries.py migrations ${namespace} ${source} ${folder}
    DEPENDS ${CMAKE_SOURCE_DIR}/src/storage/queries.py ${files} COMMENT "migrations of ${namespace}" VERBATIM)
endfunction()

file(GLOB storage_sql CONFIGURE_DEPENDS ${QUANJI_ROOM_DIR}/sql/*.sql)
quanji_sql_queries(quanji::storage::sql ${storage_made}/queries.h ${storage_made}/queries.cpp ${storage_sql})
quanji_sql_migrations(quanji::storage ${storage_made}/migrations_made.cpp ${QUANJI_ROOM_DIR}/migrations)
target_sources(${QUANJI_ROOM_TARGET} PRIVATE ${storage_made}/queries.h ${storage_made}/queries.cpp ${storage_made}/migrations_made.cpp)
target_include_directories(${QUANJI_ROOM_TARGET} PUBLIC ${CMAKE_BINARY_DIR}/generated)

# What the tests need besides: failing file systems and sockets, probe tables, a private PostgreSQL. Not part of the room's library.
get_target_property(storage_sources ${QUANJI_ROOM_TARGET} SOURCES)
list(FILTER storage_sources EXCLUDE REGEX "/conformance/")
set_property(TARGET ${QUANJI_ROOM_TARGET} PROPERTY SOURCES ${storage_sources})
if(QUANJI_TESTS)
  add_library(quanji_test_postgres STATIC ${CMAKE_SOURCE_DIR}/tests/postgres.cpp)
  target_include_directories(quanji_test_postgres PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(quanji_test_postgres PRIVATE PkgConfig::libpq)
  target_compile_definitions(quanji_test_postgres PRIVATE QUANJI_TESTS_FOLDER="${CMAKE_SOURCE_DIR}/tests")

  file(GLOB conformance CONFIGURE_DEPENDS ${QUANJI_ROOM_DIR}/conformance/*.cpp)
  list(FILTER conformance EXCLUDE REGEX "_test\\.cpp$")
  quanji_sql_queries(quanji::storage::probe ${storage_made}/probe.h ${storage_made}/probe.cpp ${QUANJI_ROOM_DIR}/conformance/probe.sql)
  quanji_sql_migrations(quanji::storage::probe ${storage_made}/probe_migrations.cpp ${QUANJI_ROOM_DIR}/conformance/migrations)
  add_library(quanji_storage_conformance STATIC ${conformance} ${storage_made}/probe.h ${storage_made}/probe.cpp ${storage_made}/probe_migrations.cpp)
  find_package(GTest REQUIRED)
  target_link_libraries(quanji_storage_conformance PUBLIC ${QUANJI_ROOM_TARGET} quanji_test_postgres PkgConfig::sqlite3 GTest::gtest)
  target_compile_definitions(quanji_storage_conformance PUBLIC QUANJI_QUERIES_PY="${QUANJI_ROOM_DIR}/queries.py")
  set(QUANJI_ROOM_TEST_LIBRARIES quanji_storage_conformance PkgConfig::zlib)
endif()
