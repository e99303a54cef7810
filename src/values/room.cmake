# RE2 by name: its pkg-config file says -pthread, which the precompiled header of base was not made with.
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE re2)
set_source_files_properties(${QUANJI_ROOM_DIR}/decimal_test.cpp PROPERTIES
  COMPILE_DEFINITIONS QUANJI_DECIMAL_ORACLE="${QUANJI_ROOM_DIR}/decimal_oracle.py")
set_source_files_properties(${QUANJI_ROOM_DIR}/row_expression_test.cpp PROPERTIES
  COMPILE_DEFINITIONS QUANJI_ROW_ORACLE="${QUANJI_ROOM_DIR}/row_oracle.py")
