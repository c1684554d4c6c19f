/**
 * One buffer that all sockets of the generator read into (`onread` of net.connect). A read and its callback run to
 * the end before the next read, so sharing is safe, and it saves the 64 KB that Node would allocate for every read.
 * Whoever keeps bytes beyond the callback copies them.
 */
export const readBuffer: Buffer = Buffer.allocUnsafeSlow(256 * 1024);
