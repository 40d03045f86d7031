// The COS SDK for Node, as it comes. It prints a presigned URL for each key of
// the list in its first argument, for others to fetch.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import COS from 'cos-nodejs-sdk-v5';

const { TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, TENCENTCLOUD_REGION, FERRY_IMAGE_BUCKET } = process.env;
const keys = JSON.parse(process.argv[2]);
const bigFile = process.argv[3]; // where this program may write

const sdk = (more) => new COS({ SecretId: TENCENTCLOUD_SECRET_ID, SecretKey: TENCENTCLOUD_SECRET_KEY, ...more });
const cos = sdk();
const bucket = { Bucket: FERRY_IMAGE_BUCKET, Region: TENCENTCLOUD_REGION };
const refused = (promise, status, code) =>
  assert.rejects(promise, (e) => e.statusCode === status && (e.code === code || code === ''), `${status} ${code}`);

for (const Key of keys) {
  await cos.putObject({ ...bucket, Key, Body: 'hello ' + Key });
  const { Body, headers } = await cos.getObject({ ...bucket, Key });
  assert.equal(Body.toString(), 'hello ' + Key);
  assert.equal(headers['content-type'], 'application/octet-stream');
  assert.ok(!('cache-control' in headers), 'a header that the SDK sent empty came back');
  console.log(cos.getObjectUrl({ ...bucket, Key, Sign: true, Expires: 600 }, () => {}));
}

const listed = await cos.getBucket({ ...bucket, EncodingType: 'url' });
assert.deepEqual(listed.Contents.map((o) => decodeURIComponent(o.Key)).sort(), [...keys].sort());
const top = await cos.getBucket({ ...bucket, Delimiter: '/' });
assert.deepEqual(top.CommonPrefixes.map((p) => p.Prefix), ['%41/', 'a/', 'dir/']);
const page = await cos.getBucket({ ...bucket, MaxKeys: 2 });
assert.equal(page.IsTruncated, 'true');
assert.equal(page.NextMarker, page.Contents[1].Key);

const range = await cos.getObject({ ...bucket, Key: 'a/b.txt', Range: 'bytes=2-4' });
assert.equal(range.statusCode, 206);
assert.equal(range.Body.toString(), 'llo');

const MiB = 1 << 20;
const body = randomBytes(5 * MiB + 123);
await writeFile(bigFile, body);
const big = { ...bucket, Key: 'big.bin' };
const progress = [];
await cos.sliceUploadFile({ ...big, FilePath: bigFile, SliceSize: MiB, ChunkSize: MiB, onProgress: (p) => progress.push(p.percent) });
assert.equal(progress.at(-1), 1);
const head = await cos.headObject(big);
assert.match(head.ETag, /-6"$/); // six parts
assert.equal(head.headers['content-length'], String(body.length));
assert.deepEqual((await cos.getObject(big)).Body, body);
await Promise.all([1, 2, 3].map((n) => cos.multipartInit({ ...bucket, Key: 'open 中.bin' })));
const { Upload } = await cos.multipartList({ ...bucket, EncodingType: 'url' });
assert.deepEqual(Upload.map((u) => decodeURIComponent(u.Key)), Array(3).fill('open 中.bin'));

await refused(cos.putObject({ ...big, Body: 'x', Headers: { 'x-cos-forbid-overwrite': 'true' } }), 409, 'FileAlreadyExists');
await refused(cos.getObject({ ...bucket, Key: 'nowhere' }), 404, 'NoSuchKey');
await refused(cos.headObject({ ...bucket, Key: 'nowhere' }), 404, '');
await refused(cos.getBucket({ ...bucket, Bucket: 'nowhere-1250000000' }), 404, 'NoSuchBucket');
await refused(cos.getBucket({ ...bucket, Region: 'ap-shanghai' }), 404, 'NoSuchBucket');
await refused(sdk({ SecretKey: 'wrong' }).getBucket(bucket), 403, 'SignatureDoesNotMatch');
await refused(sdk({ SecretId: 'AKIDunknown' }).getBucket(bucket), 403, 'InvalidAccessKeyId');
await refused(cos.putObject({ ...bucket, Key: 'x', Body: 'x', ContentMD5: 'AAAA' }), 400, 'InvalidDigest');
await assert.rejects(sdk({ Domain: 'example.com' }).getBucket(bucket), (e) => e.message.includes('statusCode=403'));
