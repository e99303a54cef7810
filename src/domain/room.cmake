# RE2 by name: its pkg-config file says -pthread, which the precompiled header of base was not made with.
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE re2)
