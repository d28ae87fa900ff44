//! An account that signs, and counts its nonce itself.

use crate::error::{Error, Result};
use crate::rpc::Rpc;
use alloy_consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy_eips::eip2718::Encodable2718 as _;
use alloy_eips::eip2930::AccessList;
use alloy_eips::eip7702::{Authorization, SignedAuthorization};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use alloy_signer::SignerSync as _;
use alloy_signer_local::PrivateKeySigner;

/// Tip of the dynamic fee transactions, in wei.
const TIP: u128 = 1_000_000;

/// A key with the nonce of its next transaction.
#[derive(Clone, Debug)]
pub struct Sender {
    signer: PrivateKeySigner,
    chain_id: u64,
    nonce: u64,
}

impl Sender {
    /// The account of `key`, its nonce read from `rpc`.
    ///
    /// # Errors
    /// When the key is none or the request fails.
    pub async fn new(rpc: &Rpc, chain_id: u64, key: B256) -> Result<Self> {
        let mut sender = Self::fresh(chain_id, key)?;
        sender.nonce = rpc.nonce(sender.address()).await?;
        Ok(sender)
    }

    /// The account of `key`, which has sent nothing yet.
    pub(crate) fn fresh(chain_id: u64, key: B256) -> Result<Self> {
        let signer = PrivateKeySigner::from_bytes(&key)
            .map_err(|error| Error::Unexpected(format!("no private key: {error}")))?;
        Ok(Self { signer, chain_id, nonce: 0 })
    }

    pub(crate) fn set_nonce(&mut self, nonce: u64) {
        self.nonce = nonce;
    }

    /// Address of the account.
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Signs a transaction of the oldest type, with a chain id.
    ///
    /// # Errors
    /// When the signer fails.
    pub fn legacy(
        &mut self,
        to: TxKind,
        value: U256,
        input: Bytes,
        gas: u64,
        base_fee: u128,
    ) -> Result<Bytes> {
        let transaction = TxLegacy {
            chain_id: Some(self.chain_id),
            nonce: self.next_nonce(),
            gas_price: base_fee * 3 + TIP,
            gas_limit: gas,
            to,
            value,
            input,
        };
        self.sign(transaction)
    }

    /// Signs a transaction with an access list and a plain gas price (EIP-2930).
    ///
    /// # Errors
    /// When the signer fails.
    pub fn listed(
        &mut self,
        to: TxKind,
        value: U256,
        input: Bytes,
        gas: u64,
        base_fee: u128,
        access_list: AccessList,
    ) -> Result<Bytes> {
        let transaction = TxEip2930 {
            chain_id: self.chain_id,
            nonce: self.next_nonce(),
            gas_price: base_fee * 3 + TIP,
            gas_limit: gas,
            to,
            value,
            input,
            access_list,
        };
        self.sign(transaction)
    }

    /// Signs a transaction with dynamic fees (EIP-1559).
    ///
    /// # Errors
    /// When the signer fails.
    pub fn dynamic(
        &mut self,
        to: TxKind,
        value: U256,
        input: Bytes,
        gas: u64,
        base_fee: u128,
    ) -> Result<Bytes> {
        let transaction = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.next_nonce(),
            max_fee_per_gas: base_fee * 3 + TIP,
            max_priority_fee_per_gas: TIP,
            gas_limit: gas,
            to,
            value,
            input,
            access_list: AccessList::default(),
        };
        self.sign(transaction)
    }

    /// Signs a transaction that sets the code of accounts (EIP-7702).
    ///
    /// # Errors
    /// When the signer fails.
    pub fn set_code(
        &mut self,
        to: Address,
        input: Bytes,
        gas: u64,
        base_fee: u128,
        authorization_list: Vec<SignedAuthorization>,
    ) -> Result<Bytes> {
        let transaction = TxEip7702 {
            chain_id: self.chain_id,
            nonce: self.next_nonce(),
            max_fee_per_gas: base_fee * 3 + TIP,
            max_priority_fee_per_gas: TIP,
            gas_limit: gas,
            to,
            value: U256::ZERO,
            input,
            access_list: AccessList::default(),
            authorization_list,
        };
        self.sign(transaction)
    }

    /// Allows `address`'s code to run as this account, with a nonce `ahead` of the right one.
    /// The nonce counts up when `ahead` is zero.
    ///
    /// # Errors
    /// When the signer fails.
    pub fn authorize(
        &mut self,
        address: Address,
        any_chain: bool,
        ahead: u64,
    ) -> Result<SignedAuthorization> {
        let authorization = Authorization {
            chain_id: if any_chain { U256::ZERO } else { U256::from(self.chain_id) },
            address,
            nonce: self.nonce + ahead,
        };
        if ahead == 0 {
            self.nonce += 1;
        }
        let signature = self.sign_hash(authorization.signature_hash())?;
        Ok(authorization.into_signed(signature))
    }

    fn next_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce - 1
    }

    fn sign<T>(&self, transaction: T) -> Result<Bytes>
    where
        T: SignableTransaction<Signature>,
        TxEnvelope: From<alloy_consensus::Signed<T>>,
    {
        let signature = self.sign_hash(transaction.signature_hash())?;
        Ok(TxEnvelope::from(transaction.into_signed(signature)).encoded_2718().into())
    }

    fn sign_hash(&self, hash: B256) -> Result<Signature> {
        self.signer
            .sign_hash_sync(&hash)
            .map_err(|error| Error::Unexpected(format!("signing: {error}")))
    }
}
