/* SPDX-License-Identifier: Apache-2.0
 * The contract read as C11. What it says of layouts is compared with what C++20 makes of it: see abi_test.cpp. */
#include "sluice/abi.h"

#include <stddef.h>

extern const uint64_t abi_layout_in_c[];
const uint64_t abi_layout_in_c[] = {sizeof(sluice_str),
                                    sizeof(sluice_error),
                                    sizeof(sluice_option),
                                    sizeof(sluice_config),
                                    sizeof(sluice_value),
                                    sizeof(sluice_buffer),
                                    sizeof(sluice_record),
                                    sizeof(sluice_batch),
                                    sizeof(sluice_credit),
                                    sizeof(sluice_describe_api),
                                    sizeof(sluice_host),
                                    sizeof(sluice_node_type),
                                    sizeof(sluice_plugin),
                                    offsetof(sluice_value, kind),
                                    offsetof(sluice_record, receive_time_ns),
                                    offsetof(sluice_host, committed),
                                    offsetof(sluice_node_type, probe),
                                    offsetof(sluice_config, item_count)};
