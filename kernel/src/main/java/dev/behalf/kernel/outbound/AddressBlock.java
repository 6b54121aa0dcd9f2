package dev.behalf.kernel.outbound;

import java.net.InetAddress;
import java.util.List;
import java.util.stream.Stream;

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3).
///
/// @param first the address before the slash
/// @param bits  how many of its leading bits an address of the block shares
record AddressBlock(InetAddress first, int bits) {

    /// @param cidr such as `192.0.2.0/24`
    static List<AddressBlock> of(String... cidr) {
        return Stream.of(cidr).map(AddressBlock::parse).toList();
    }

    static boolean anyHolds(List<AddressBlock> blocks, InetAddress address) {
        return blocks.stream().anyMatch(block -> block.holds(address));
    }

    private static AddressBlock parse(String cidr) {
        int slash = cidr.indexOf('/');
        return new AddressBlock(
                InetAddress.ofLiteral(cidr.substring(0, slash)), Integer.parseInt(cidr.substring(slash + 1)));
    }

    private boolean holds(InetAddress address) {
        var mine = first.getAddress();
        var other = address.getAddress();
        if (mine.length != other.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            int mask = 0x80 >> (bit % 8);
            if ((mine[bit / 8] & mask) != (other[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
