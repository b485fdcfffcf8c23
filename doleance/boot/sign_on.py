"""The company's directory, as django-allauth wants it told."""

from typing import Any

from doleance.boot.config import Config

ID = "entreprise"  # stands in the address to which the directory sends people back


def provider(settled: Config) -> dict[str, Any]:
    """The one OpenID Connect provider of an installation; none when no directory is set.

    The code comes back with a proof that this browser asked for it (PKCE, RFC 7636).
    """
    if not settled.oidc_url:
        return {"APPS": [], "OAUTH_PKCE_ENABLED": True}
    app = {
        "provider_id": ID,
        "name": settled.oidc_name,
        "client_id": settled.oidc_client,
        "secret": settled.oidc_secret,
        "settings": {"server_url": settled.oidc_url, "trusts_addresses": settled.oidc_trusts_addresses},
    }
    return {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
