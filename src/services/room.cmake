# Some promises are tested on both databases.
if(QUANJI_TESTS)
  set(QUANJI_ROOM_TEST_LIBRARIES quanji_test_postgres)
endif()
