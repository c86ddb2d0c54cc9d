// Preloaded into the vendor's server, which has no setting for the address of the API: what it
// would send there goes to the fake upstream.

const API = 'https://api.vapi.ai';
const { fetch } = globalThis;

globalThis.fetch = (address, options) => {
  if (!address.startsWith(API)) throw new Error(`${address} is not the address of the API`);
  return fetch(process.env.FAKE_UPSTREAM + address.slice(API.length), options);
};
