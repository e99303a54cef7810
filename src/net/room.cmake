# Asio is the loop, Beast reads heads and speaks WebSocket, OpenSSL is TLS; none of them is seen outside this room.
find_package(OpenSSL 3.0 REQUIRED)
target_link_libraries(${QUANJI_ROOM_TARGET} PRIVATE OpenSSL::SSL OpenSSL::Crypto)
set_target_properties(${QUANJI_ROOM_TARGET} PROPERTIES JOB_POOL_COMPILE heavy)
set(QUANJI_ROOM_TEST_LIBRARIES OpenSSL::SSL OpenSSL::Crypto)
