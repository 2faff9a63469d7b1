"""The worked examples of the sample city, as an applicant would send them, and what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PACKS = Path(__file__).resolve().parent.parent / "packs"

E1: dict[str, Any] = {
    "case": "E1",
    "project_code": "2014-371002-70-01-000001",
    "project_name": "碧海湾花园一期",
    "developer": {"name": "瀚海市碧海置业有限公司", "uscc": "91371002MA3C00011N"},
    "contractor": {"name": "瀚海建工集团有限公司", "uscc": "91370200MA3D000208"},
    "accepted_on": "2014-09-15",
    "use": "residential_sale",
    "floor_area_m2": "86432.18",
    "above_ground_area_m2": "79000.00",
    "ground_floor_area_m2": "6012.45",
    "floors": 18,
    "foundation_depth_m": "5.20",
    "full_frame": True,
    "heating_connected": True,
    "gas_connected": True,
    "project_cost": "158640000.00",
    "contract_price": "158640000.00",
    "shelter_built_m2": "4500.00",
    "wage_credit_grade": None,
    "wage_clean_years": 0,
    "wage_arrears_last_year": False,
    "community_care_area_m2": "0",
    "shelter_impossible": False,
    "standard_bricks": None,
    "reductions_claimed": [],
}

E1B = E1 | {"case": "E1b", "floor_area_m2": "86951.40"}

E2 = E1 | {
    "case": "E2",
    "accepted_on": "2014-10-08",
    "use": "industrial_workshop",
    "floor_area_m2": "23680.50",
    "above_ground_area_m2": "23680.50",
    "full_frame": False,
    "heating_connected": False,
    "gas_connected": False,
    "project_cost": "31254800.00",
    "contract_price": "31254800.00",
}

E3 = E1 | {
    "case": "E3",
    "accepted_on": "2015-03-20",
    "use": "affordable_housing",
    "floor_area_m2": "41205.36",
    "above_ground_area_m2": "38000.00",
    "project_cost": "78290184.00",
    "contract_price": "78290184.00",
    "reductions_claimed": [{"code": "AFF", "document": "瀚住建保〔2015〕3号"}],
}

E5 = E1 | {
    "case": "E5",
    "accepted_on": "2016-05-18",
    "use": "commercial",
    "floor_area_m2": "65010.05",
    "above_ground_area_m2": "60000.00",
    "project_cost": "203875666.66",
    "contract_price": "203875666.66",
    "wage_credit_grade": "A",
    "shelter_built_m2": "6012.45",
}

# Item: what is payable, in 分.
E1_PAYABLE = {
    "PTF": 2_204_020_590,
    "XQJ": 86_432_180,
    "YLB": 412_464_000,
    "GZB": 317_280_000,
    "JTJ": 17_286_436,
    "RFY": 226_867_500,
    "SNZ": 8_643_218,
}
E2_PAYABLE = {
    "PTF": 0,
    "XQJ": 23_680_500,
    "YLB": 81_262_480,
    "GZB": 62_509_600,
    "JTJ": 0,
    "RFY": 0,
    "SNZ": 3_552_075,
}
E3_PAYABLE = {"PTF": 0, "XQJ": 0, "YLB": 203_554_478, "GZB": 156_580_368, "JTJ": 0, "RFY": 0, "SNZ": 0}
E5_PAYABLE = {
    "PTF": 1_657_756_275,
    "XQJ": 65_010_050,
    "YLB": 530_076_733,
    "GZB": 203_875_667,
    "JTJ": 0,
    "RFY": 0,
    "SNZ": 0,
}
