use super::*;
use crate::crypto::hpke::{PrivateKey, Psk, open_from, seal_to};
use crate::crypto::primitive::*;

#[test]
fn rfc_8439() {
    for vector in load("rfc.json")["rfc8439_2_8_2"].as_array().unwrap() {
        let key = aead_key(&fixed(&vector["key"])).unwrap();
        let (nonce, aad) = (fixed(&vector["nonce"]), unhex(&vector["aad"]));
        let (text, sealed) = (unhex(&vector["text"]), unhex(&vector["sealed"]));
        let mut made = text.clone();
        aead_seal(&key, nonce, &aad, &mut made).unwrap();
        assert_eq!(made, sealed);
        let mut separate = text.clone();
        let tag = aead_seal_separate(&key, nonce, &aad, &mut separate).unwrap();
        assert_eq!([separate, tag.to_vec()].concat(), sealed);
        assert_eq!(aead_open(&key, nonce, &aad, &sealed), Some(text));
        assert!(flipped(&sealed).all(|sealed| aead_open(&key, nonce, &aad, &sealed).is_none()));
        assert!(flipped(&aad).all(|aad| aead_open(&key, nonce, &aad, &sealed).is_none()));
        assert!(flipped(&nonce).all(|nonce| aead_open(&key, nonce.try_into().unwrap(), &aad, &sealed).is_none()));
    }
}

#[test]
fn rfc_5869() {
    for vector in load("rfc.json")["rfc5869_a"].as_array().unwrap() {
        let [ikm, salt, info, okm] = ["ikm", "salt", "info", "okm"].map(|field| unhex(&vector[field]));
        let (start, end) = info.split_at(info.len() / 2);
        match okm.len() {
            42 => assert_eq!(derive::<42>(&ikm, &salt, &[start, end]).unwrap().as_slice(), okm),
            82 => assert_eq!(derive::<82>(&ikm, &salt, &[start, end]).unwrap().as_slice(), okm),
            other => panic!("{other}"),
        }
    }
    assert_eq!(derive::<{ 255 * 32 + 1 }>(b"", b"", &[]), Err(PrimitiveError));
}

#[test]
fn rfc_8032() {
    for vector in load("rfc.json")["rfc8032_7_1"].as_array().unwrap() {
        let (seed, public, message) = (fixed(&vector["seed"]), fixed(&vector["public"]), unhex(&vector["message"]));
        let signature = fixed(&vector["signature"]);
        assert_eq!(signing_public(&signing_pair(&seed).unwrap()), Ok(public));
        assert_eq!(sign(&seed, &[&message]), Ok(signature));
        assert!(verify(&public, &[&message], &signature));
        assert!(flipped(&signature).all(|signature| !verify(&public, &[&message], &signature.try_into().unwrap())));
        assert!(flipped(&public).all(|public| !verify(&public.try_into().unwrap(), &[&message], &signature)));
        assert!(!verify(&public, &[&message, b"more"], &signature));
    }
}

/// Gives just these bytes, as the key material of the ephemeral key.
struct Fixed(Vec<u8>);

impl Randomness for Fixed {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        if bytes.len() > self.0.len() {
            return Err(NoRandomness);
        }
        bytes.copy_from_slice(&self.0.drain(..bytes.len()).collect::<Vec<_>>());
        Ok(())
    }
}

#[test]
fn rfc_9180() {
    for vector in load("rfc.json")["rfc9180_a_2"].as_array().unwrap() {
        let [info, text, aad, sealed, id] =
            ["info", "text", "aad", "sealed", "psk_id"].map(|field| vector.get(field).map(unhex).unwrap_or_default());
        let psk: Option<[u8; 32]> = vector.get("psk").map(fixed);
        let psk = psk.as_ref().map(|psk| Psk { psk, id: &id });
        let public = fixed(&vector["public_r"]);
        let private = PrivateKey::from_bytes(&fixed(&vector["private_r"])).unwrap();
        assert_eq!(private.public(), public);
        let mut ephemeral = Fixed(unhex(&vector["ikm_e"]));
        assert_eq!(seal_to(&public, psk, &info, &aad, &text, &mut ephemeral).unwrap(), sealed);
        // A source that ran dry gives an error, never a key of zeros.
        assert!(seal_to(&public, psk, &info, &aad, &text, &mut ephemeral).is_err());

        let open = |psk, info: &[u8], aad: &[u8], sealed: &[u8]| open_from(&private, psk, info, aad, sealed);
        assert_eq!(open(psk, &info, &aad, &sealed).unwrap().as_slice(), text);
        assert!(flipped(&info).all(|info| open(psk, &info, &aad, &sealed).is_none()));
        assert!(flipped(&aad).all(|aad| open(psk, &info, &aad, &sealed).is_none()));
        // X25519 passes over the highest bit of a public key; HPKE binds the key as it was sent.
        assert!(flipped(&sealed).all(|sealed| open(psk, &info, &aad, &sealed).is_none()));
        assert!(open(Some(Psk { psk: &[1; 32], id: b"other" }), &info, &aad, &sealed).is_none());
        assert!(open(None, &info, &aad, &sealed).is_none() == psk.is_some());
    }
}
