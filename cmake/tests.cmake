# Tests that are no GoogleTest program. Each takes NAME (ctest's), SUITE (its label) and writes where QUANJI_TEST_RESULTS says,
# so that tools/collect_results counts single cases.

# The cases of FOLDER/*_test.py, by Python's unittest.
function(quanji_add_python_tests name suite folder)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/run_unittests ${folder} ${name})
  set_tests_properties(${name} PROPERTIES LABELS ${suite} TIMEOUT 600)
endfunction()

# The cases of the given .test.mjs files, by Node's own runner. ARGN: the files.
function(quanji_add_node_tests name suite)
  add_test(NAME ${name} COMMAND /bin/bash ${CMAKE_SOURCE_DIR}/tools/run_node_tests ${name} ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${suite} TIMEOUT 600)
endfunction()

# One case: a program or script that ends with 0. ARGN: its command line.
function(quanji_add_check name suite)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${suite} TIMEOUT 600)
endfunction()
