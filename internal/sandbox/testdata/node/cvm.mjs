// The CVM SDK for Node, as it comes: it finds the sandbox by its environment.
import assert from 'node:assert/strict';
import { cvm } from 'tencentcloud-sdk-nodejs-cvm';

const { TENCENTCLOUD_SECRET_ID, TENCENTCLOUD_SECRET_KEY, TENCENTCLOUD_REGION, FERRY_IMAGE_BUCKET } = process.env;

function client({ key = {}, region = TENCENTCLOUD_REGION, http = {} } = {}) {
  return new cvm.v20170312.Client({
    credential: { secretId: TENCENTCLOUD_SECRET_ID, secretKey: TENCENTCLOUD_SECRET_KEY, ...key },
    region,
    profile: { language: 'en-US', httpProfile: http },
  });
}

const one = { ImageIds: ['img-webserv1'] };
for (const http of [{}, { reqMethod: 'GET' }, { endpoint: 'cvm.ap-guangzhou.tencentcloudapi.com' }]) {
  const { ImageSet } = await client({ http }).DescribeImages(one);
  assert.equal(ImageSet[0].ImageName, 'web-server', JSON.stringify(http));
}
assert.equal((await client({ region: 'ap-shanghai' }).DescribeImages({})).TotalCount, 0);
const { TotalCount } = await client().DescribeImages({ Filters: [{ Name: 'image-type', Values: ['PRIVATE_IMAGE'] }], Limit: 1 });
assert.ok(TotalCount > 1, `${TotalCount} images of the account`);

const { CosPaths, TaskId } = await client().ExportImages({
  BucketName: FERRY_IMAGE_BUCKET, ImageIds: one.ImageIds, FileNamePrefixList: ['from-node'],
});
assert.deepEqual(CosPaths, ['/from-node_img-webserv1_system_snap-websys01.raw']);
assert.ok(TaskId > 0);

const refused = (promise, code) => assert.rejects(promise, (e) => e.code === code && e.requestId !== '', code);
await refused(client({ key: { secretKey: 'wrong' } }).DescribeImages(one), 'AuthFailure.SignatureFailure');
await refused(client({ key: { secretId: 'AKIDunknown' } }).DescribeImages(one), 'AuthFailure.SecretIdNotFound');
await refused(client({ region: 'mars' }).DescribeImages(one), 'UnsupportedRegion');
await refused(client().DescribeImages({ ImageIds: ['img-nowhere1'] }), 'InvalidImageId.NotFound');
await refused(client().ExportImages({ BucketName: FERRY_IMAGE_BUCKET, ImageIds: ['img-windows1'] }),
  'UnsupportedOperation.WindowsImageExportUnsupported');
await assert.rejects(client({ http: { endpoint: 'example.com' } }).DescribeImages(one), /Image Ferry sandbox: example\.com/);
