import type { Bucket } from '../spec/support/s3-admin.js';
import { build } from './build.js';

export const PAGES = 300;
export const REPORT = '#!/bin/sh\nuptime\n';

/** As aws-cli has it: the archive of a build is larger, and so comes in parts. */
const PART_BYTES = 8 * 2 ** 20;

export function page(number: number): string {
  return `<p>This is page ${number}</p>\n`;
}

export function pageName(number: number): string {
  return `page-${String(number).padStart(3, '0')}.html`;
}

export async function publishBuild(bucket: Bucket, version: string): Promise<void> {
  await bucket.multipart(`our_app/our_app_${version}.tar.gz`, await build(version), PART_BYTES);
}

export async function publishSite(bucket: Bucket): Promise<void> {
  const numbers = Array.from({ length: PAGES }, (_, number) => number);
  await bucket.putAll(numbers.map((number) => [`www/${pageName(number)}`, page(number)]));
}
