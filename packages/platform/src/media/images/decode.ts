/** How images are opened: the four accepted formats and nothing else, with a limit on their pixels. Only for the image process. */
import { limits } from '@parley/contract/limits';
import sharp, { type Sharp } from 'sharp';

// libvips knows dozens of formats, some through whole document renderers. What cannot be loaded cannot be attacked.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegFile',
    'VipsForeignLoadPngFile',
    'VipsForeignLoadWebpFile',
    'VipsForeignLoadNsgifFile',
  ],
});
// Every file is seen once, and there are as many processes as there may be decoders at work.
sharp.cache(false);
sharp.concurrency(1);

/**
 * One frame of an image, the first unless told. What is cut off is an error; what decoders only warn of (a wrong colour profile, stray bytes) is
 * shown everywhere, so it is no reason to refuse an image.
 */
export function decode(path: string, page = 0): Sharp {
  return sharp(path, { page, failOn: 'error', sequentialRead: true, limitInputPixels: limits.imagePixels });
}

/** All frames, one below the other. */
export function decodeAll(path: string): Sharp {
  return sharp(path, {
    pages: -1,
    failOn: 'error',
    sequentialRead: true,
    limitInputPixels: limits.imagePixels,
  });
}
