import type { PrivateKey, PublicKey } from 'openpgp';

/** OpenPGP in our own process: a gpg for each small file takes twenty times as long (docs/adr/0018). */
export interface SmallMessages {
  /** Encrypts what fits into memory, as gpg would: AES-256, not compressed. */
  encrypt(plain: Buffer): Promise<Buffer>;
}

/** Key blocks of an armoured text; the library reads only the first. */
const BLOCK = /-----BEGIN PGP (PUBLIC|PRIVATE) KEY BLOCK-----[\s\S]*?-----END PGP \1 KEY BLOCK-----/g;

/**
 * @param armoured keys that gpg has found good
 * @returns nothing where the library cannot use them all: gpg is left to do it
 */
export async function openSmallMessages(armoured: string): Promise<SmallMessages | undefined> {
  // takes a tenth of a second, which other verbs need not wait for
  const openpgp = await import('openpgp');
  const config = {
    preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed,
    preferredSymmetricAlgorithm: openpgp.enums.symmetric.aes256,
    aeadProtect: false,
  };
  const encrypt = async (keys: PublicKey[], plain: Buffer) => {
    const message = await openpgp.createMessage({ binary: plain });
    return Buffer.from(await openpgp.encrypt({ message, encryptionKeys: keys, format: 'binary', config }));
  };
  try {
    const blocks = armoured.match(BLOCK) ?? [];
    const keys = (await Promise.all(blocks.map((block) => openpgp.readKeys({ armoredKeys: block })))).flat();
    if (keys.length === 0) return undefined;
    await encrypt(keys, Buffer.from('probe'));
    return { encrypt: (plain) => encrypt(keys, plain) };
  } catch {
    return undefined;
  }
}

/** Opens small messages. @returns nothing where the library cannot, whatever the reason: gpg is left to say why */
export type SmallOpener = (sealed: Buffer) => Promise<Buffer | undefined>;

/** @param armoured private keys that gpg could unlock with the passphrase */
export async function openSmallOpener(
  armoured: string,
  passphrase: string | undefined,
): Promise<SmallOpener> {
  const openpgp = await import('openpgp');
  const keys: PrivateKey[] = [];
  for (const block of armoured.match(BLOCK) ?? []) {
    const found = await openpgp.readPrivateKeys({ armoredKeys: block }).catch(() => []);
    for (const key of found) {
      const unlocked = key.isDecrypted()
        ? key
        : await openpgp.decryptKey({ privateKey: key, passphrase: passphrase ?? '' }).catch(() => undefined);
      if (unlocked !== undefined) keys.push(unlocked);
    }
  }
  return async (sealed) => {
    if (keys.length === 0) return undefined;
    try {
      const message = await openpgp.readMessage({ binaryMessage: sealed });
      const { data } = await openpgp.decrypt({ message, decryptionKeys: keys, format: 'binary' });
      return Buffer.from(data);
    } catch {
      return undefined;
    }
  };
}
