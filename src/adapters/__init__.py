"""AWS, through boto3, and only here. Each module is one seam's adapter."""
