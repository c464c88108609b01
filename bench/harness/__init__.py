# SPDX-License-Identifier: Apache-2.0
"""What all topics of bench/run share: programs whose cost is known, servers, contenders, paired figures, the report."""
